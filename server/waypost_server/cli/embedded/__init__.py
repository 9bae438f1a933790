"""Everything on one machine: a data folder, and a tree of processes that live and die together."""
