r"""Calls the command line of `deepbook.milestones.dqn`."""

import sys

from deepbook.milestones.dqn.command import main

if __name__ == "__main__":
    try:
        main()
    except (ModuleNotFoundError, ValueError) as error:
        sys.exit(f"dqn: {error}")
    except KeyboardInterrupt:
        sys.exit("dqn: stopped; the same command goes on from the checkpoint")
