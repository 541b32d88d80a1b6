"""Tests of the lab's Python half, one module per group."""
