"""Skinning: every vertex follows the bones that it hangs on."""
