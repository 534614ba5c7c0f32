"""PostgreSQL: texts -> Statements by the server's own grammar, and what a preview needs of them."""
