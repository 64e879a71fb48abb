"""What people ask of us about their own data: to see it, to have it put right, to be forgotten."""
