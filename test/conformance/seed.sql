INSERT INTO products (name, price, stock, category, active) VALUES
  ('Coffee', 2.50, 100, 'drinks', true), ('Tea', 2.00, 80, 'drinks', true),
  ('Cake', 4.75, 10, 'food', true), ('Sandwich', 6.20, 0, 'food', false), ('Gift card', 25.00, 5, NULL, true)

INSERT INTO sales (product_id, terminal_id, quantity, amount, payment_method, items, client_ref, created_at) VALUES
  (1, 't1', 2, 5.00, 'cash', '[{"sku": "c1", "qty": 2}]', 'ref-0', '2024-03-01 09:00:00'),
  (2, 't2', 1, 2.00, 'card', '[{"sku": "t1", "qty": 1}]', NULL, '2024-03-01 10:30:00.5'),
  (3, 't1', 3, 14.25, 'card', '[{"qty": 3, "sku": "k1"}]', NULL, '2024-03-02 00:00:00')

INSERT INTO categories_seen (label) VALUES ('drinks')

INSERT INTO every_type VALUES (1, DEFAULT, true, 1, 2, 3, 1.5, 123456789012345678901234567890.5, 1.25, 'text', 'varchar',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\xdeadbeef', '2024-02-29', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56+00', '{"a": 1}', '{"b":1}')

INSERT INTO every_type (id) VALUES (2)
