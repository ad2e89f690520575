insert into sales (amount) values (1) returning merchant_id = 'B', old.id;
delete from sales where id = '1x';
insert into sales (amount) values ('abc');
insert into big (u) values ('nope');
insert into big (ts) values ('nope');
insert into big (ok) values ('maybe');
insert into big (js) values ('{');
insert into sales (amount, qty) values (1, '99999999999');
