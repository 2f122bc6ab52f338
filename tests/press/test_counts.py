r"""What the book holds is counted, and less of it is a fault until it is put on record."""

import json
import shutil

import pytest

from press import PressError, cli, counts


@pytest.fixture
def site(built, tmp_path, monkeypatch):
    r"""The sample site with PDFs of three blank pages, and a record of its own."""
    from pypdf import PdfWriter

    site = tmp_path / "site"
    shutil.copytree(built.site, site)
    (site / "pdf").mkdir()
    for language in ("ko", "en"):
        blank = PdfWriter()
        for _ in range(3):
            blank.add_blank_page(100, 100)
        blank.write(site / "pdf" / f"deep-learning-{language}.pdf")
    monkeypatch.setattr(counts, "KEPT", tmp_path / "counts.json")
    monkeypatch.setattr(counts.counts, "__defaults__", (site,))
    return site


def test_everything_is_counted(site):
    found = counts.counts(site)
    assert {name: found[name] for name in ("cells", "figures", "exercises", "solutions")} == {
        "cells": 7,
        "figures": 2,
        "exercises": 2,
        "solutions": 2,
    }
    for language in ("ko", "en"):
        assert (found[f"notebooks {language}"], found[f"PDF pages {language}"]) == (3, 3)
        assert found[f"pages {language}"] >= 5 and found[f"search terms {language}"] > 50


def test_less_of_anything_fails_until_it_is_put_on_record(site, capsys):
    assert cli.main(["count", "--keep"]) == 0 and cli.main(["count"]) == 0
    (site / "en" / "notebooks" / "part" / "second.ipynb").unlink()
    capsys.readouterr()
    assert cli.main(["count"]) == 1
    said = capsys.readouterr()
    assert said.err == (
        "press: the book has become less:\n  notebooks en: 2, but 3 are on record\nif that is meant, run `press count --keep`\n"
    )
    assert "notebooks en            2  (3 on record)" in said.out
    assert cli.main(["count", "--keep"]) == 0 and json.loads(counts.KEPT.read_text())["notebooks en"] == 2
    assert cli.main(["count"]) == 0


@pytest.mark.parametrize("name", ["status.json", "ko/searchindex.js", "pdf/deep-learning-en.pdf"])
def test_a_site_that_is_not_whole_is_said(site, name):
    (site / name).unlink()
    with pytest.raises(PressError, match=f"{name} is missing; run `make book`"):
        counts.counts(site)
