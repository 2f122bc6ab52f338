r"""Part 3: the five tasks, each with its model, its loss and its metric."""
