r"""Part 5: the ten milestones, each built small and counted at its published size."""
