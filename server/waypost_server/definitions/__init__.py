"""Files CS ops write, turned into checked domain objects: loader, schemas, checks, cases."""
