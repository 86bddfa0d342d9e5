"""委托代扣: contracts of users, and the deductions that they allow."""
