"""What staff are told of: a task that came to them, an answer in a case they settle; on the desk and by mail."""
