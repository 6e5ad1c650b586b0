"""The shared care path of one pregnancy, and the claims projection cut from it: pure functions."""
