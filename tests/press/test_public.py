r"""The setting of the public repository and address: what follows from it, and that nothing dangles without it."""

import json
import subprocess
import sys

import pytest

from press import PressError, public

SET = ["-D", "press_public.repository=reader/book", "-D", "press_public.base_url=https://reader.example/book"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"repository": "https://github.com/reader/book"}, "wants as repository owner/name"),
        ({"repository": "reader"}, "wants as repository owner/name"),
        ({"base_url": "https://reader.example/"}, "without a slash at its end"),
        ({"base_url": "reader.example"}, "wants as base_url an address"),
        ({"branch": "main"}, "has no setting branch"),
    ],
)
def test_a_setting_of_another_form_is_refused(settings, message):
    with pytest.raises(PressError, match=message):
        public.checked(settings)


def _edition(book, *options):
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-c", ".", "-D", "language=en", *options, "book", "out"]
    made = subprocess.run(command, cwd=book.root, env=book.environment(), capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    cells = json.loads(book.read("out/notebooks/part/first.ipynb"))["cells"]
    return book.read("out/part/first.html"), book.read("out/index.html"), "".join(cells[0]["source"])


def test_an_edition_that_is_public_and_one_that_is_not(book):
    page, home, first = _edition(book, *SET)
    assert 'href="https://colab.research.google.com/github/reader/book/blob/notebooks/en/part/first.ipynb"' in page
    assert "colab" not in home  # it has no notebook
    assert '<link rel="alternate" hreflang="ko" href="https://reader.example/book/ko/part/first.html"/>' in page
    assert '<link rel="alternate" hreflang="x-default" href="https://reader.example/book/index.html"/>' in page
    assert '<link rel="canonical" href="https://reader.example/book/en/part/first.html" />' in page
    assert first == '%pip install -q "deepbook @ git+https://github.com/reader/book"'
    page, home, first = _edition(book)
    assert not any(word in page + home + first for word in ("colab", "canonical", 'rel="alternate" hreflang="x-default"', "pip install"))
