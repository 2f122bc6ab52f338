r"""Part 1: what deep learning is and what it asks of you."""
