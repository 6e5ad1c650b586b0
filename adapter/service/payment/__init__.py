"""The use cases of payment: worklist, casemix, overrides, trials of other rules, deciding again."""
