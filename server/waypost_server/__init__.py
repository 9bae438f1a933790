"""Waypost: adoption after onboarding. The backend package."""

__version__ = "0.1.0"
