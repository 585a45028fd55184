"""What all pages share: pieces, tables, lists, the board, the attention list."""
