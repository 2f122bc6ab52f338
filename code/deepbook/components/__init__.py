r"""Part 2: the four components, data, model, loss and optimizer."""
