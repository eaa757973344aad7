"""Limbs that point where their ends are, each swung from the bone it hangs on."""
