"""What is measured. Each case is a function from a Field to the lines it adds to the table."""
