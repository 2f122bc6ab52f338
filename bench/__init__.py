r"""The book's speed: the library beside its references, and the press beside Jupyter Book 1."""
