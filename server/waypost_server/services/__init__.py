"""Use cases: one verb a file, one transaction each. They know stores and channels, no web framework."""
