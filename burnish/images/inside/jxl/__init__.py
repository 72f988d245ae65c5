"""What a JPEG XL says beside the samples of its picture (ISO/IEC 18181): its head, its colours."""
