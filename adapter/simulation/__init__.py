"""A simulated region: women, pregnancies and three EPDs that speak FHIR, with the truth written down."""
