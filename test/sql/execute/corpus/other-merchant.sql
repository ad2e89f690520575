insert into sales (sku, amount, qty, ref) values ('a', 1, 1, 'r1'), ('b', 2, 2, 'r2'), ('secre', 99, 9, 'secret');
insert into ga (a) values ('secret'), ('x');
insert into pk2 (a, b) values (1, 'n'), (6, 'z'), (1, 'secret');
insert into big (i, v) values (1, 'B'), (2, 'B');
insert into fail (a, n, m) values (5, 1, 6);
insert into parent (id, name) values (1, 'secret'), (2, 'b'), (9, 'nine');
insert into child (id, p, p2) values (1, 9, 1);
insert into tree (id, up) values (1, null), (2, 1);
