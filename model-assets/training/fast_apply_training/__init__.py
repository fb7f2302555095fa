"""Trains the LoRA adapters that Fast Apply ships."""
