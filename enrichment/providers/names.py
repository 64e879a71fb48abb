"""The providers as people call them, in the order in which they are listed."""

NAMES = {"c2s": "C2S", "diretrix": "Diretrix", "work_api": "Work API"}
