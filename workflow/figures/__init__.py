"""Pictures of the work: what was filed and settled by unit and week, how old what is open is, who has how much."""
