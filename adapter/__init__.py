"""One shared care path per pregnancy from several EPDs, and the IGO decision and integral claim that follow from it."""
