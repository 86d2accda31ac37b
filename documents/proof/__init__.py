"""Proofs as files: receipts (UPP, UPD), XAdES and PAdES signatures, PDF letters, and their verification.

Pure: no models, no database. ``verify`` and what it imports need no Django settings either.
"""
