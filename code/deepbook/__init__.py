r"""Small, tested PyTorch code for every chapter of Deep Learning: From Components to Milestones."""
