r"""Calls the command line of `deepbook.milestones.dqn`."""

from deepbook.milestones.dqn.command import main

if __name__ == "__main__":
    main()
