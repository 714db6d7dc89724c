"""Where providers report to. Verified before anything is read; answered only after what they say is committed."""
