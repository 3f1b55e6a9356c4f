"""Adaptive Cards of the product: pure functions from what is to be shown to a card."""

from cards.drawing import render, summary

__all__ = ["render", "summary"]
