"""Signing in: MSAL, the sealed cache, the ladder of ways to ask a person."""
