"""Caseload and expected births, for the planner."""
