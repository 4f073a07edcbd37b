"""Account: signing in, invitations, passwords, own sessions, own profile and own data."""
