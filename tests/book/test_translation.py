r"""The English edition: complete, up to date, and equal to the Korean in all that is not words."""

from press import catalogue


def test_complete(source):
    faults = catalogue.update(source.name, "en", write=False)
    assert not faults, "run `press messages` and mend:\n" + "\n".join(map(str, faults))


def test_translation_is_no_copy(source):
    r"""A translation that repeats the Korean was never made."""
    same = [message for message in source.messages if source.translations.get(message.id) == message.id]
    assert not same, f"{source.where(same[0].line)}: the translation repeats the original"
