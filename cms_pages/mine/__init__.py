"""The citizen's account around the cases: one file for each thing a person does there."""
