"""What is held of people: each room says what it holds, for how long, and how it is shown and erased."""
