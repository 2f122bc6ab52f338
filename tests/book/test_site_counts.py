r"""Nothing of the book goes missing unnoticed."""

import json

from press import counts


def test_there_is_no_less_than_before(site):
    lost = counts.lost(counts.counts(site), json.loads(counts.KEPT.read_text("utf8")))
    assert not lost, "if that is meant, run `press count --keep`"
