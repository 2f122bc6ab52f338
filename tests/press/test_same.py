r"""The comparison of two builds sees every difference that is no wall-clock value."""

import json

import pytest

from press import runs, same

TEXT = "값은 {glue:text}`x`이다.\n\n```{code-cell}\nx = 1\nx\n```\n\n```{code-cell}\n:tags: [timing]\nprint(1)\n```\n"
RECORD = {
    "outputs": [[{"text": "1"}], [{"text": "0.1 s"}]],
    "values": {"x": 1, "seconds": 0.1},
    "seconds": [0.1, 0.2],
    "files": {"a.py": "0"},
    "packages": {"torch": "2"},
    "figures": {},
}


@pytest.fixture
def build(tmp_path, monkeypatch):
    (tmp_path / "book").mkdir()
    (tmp_path / "book/a.md").write_text(TEXT, "utf8")
    monkeypatch.setattr(same, "BOOK", tmp_path / "book")
    monkeypatch.setattr(same, "chapters", lambda: ["a"])

    def made(name: str, change=lambda record: None, page: str = "page"):
        record = json.loads(json.dumps(RECORD))
        change(record)
        folder = tmp_path / name
        (folder / "runs" / runs.key(TEXT) / "0").mkdir(parents=True)
        (folder / "runs" / runs.key(TEXT) / "0" / "run.json").write_text(json.dumps(record))
        (folder / "site").mkdir()
        (folder / "site" / "a.html").write_text(page)
        return str(folder)

    return made


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda r: None, 0),
        (lambda r: r.update(seconds=[9, 9]), 0),
        (lambda r: r["outputs"][1][0].update(text="0.2 s"), 0),
        (lambda r: r["values"].update(seconds=0.2), 0),
        (lambda r: r["outputs"][0][0].update(text="2"), 1),
        (lambda r: r["values"].update(x=2), 1),
        (lambda r: r["packages"].update(torch="3"), 1),
    ],
    ids="nothing seconds timing unnamed output value package".split(),
)
def test_runs_differ_in_wall_clock_values_alone(build, capsys, change, code):
    assert same.main([build("one"), build("two", change)]) == code
    assert capsys.readouterr().out == ("differs: a\n" if code else "both runs and drawings are the same\n")


def test_of_a_site_every_byte_counts(build, capsys):
    one, two, three = build("one"), build("two"), build("three", page="Page")
    assert same.main(["site", one, two]) == 0 and same.main(["site", one, three]) == 1
    assert capsys.readouterr().out == "both sites are the same\ndiffers: a.html\n"
