"""Tables and queries. Every function takes a session and the workspace first; rows never leave as ORM objects."""
