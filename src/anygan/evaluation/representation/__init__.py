"""What codes know, whether modalities meet, what finds what."""
