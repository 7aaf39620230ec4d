"""The change log and its sequencer."""
