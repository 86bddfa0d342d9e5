"""消费者投诉: complaints."""
