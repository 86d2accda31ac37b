"""Boxes: one module per outside channel, behind one base class and a registry."""
