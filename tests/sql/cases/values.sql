-- VALUES and SELECT without a table
SELECT 1 AS one, 'two' AS two, CAST(NULL AS INT) AS nothing;
SELECT 1 + 2 * 3, 'a' || 'b', NOT TRUE, 7 / 2, 7 % 3, -(5);
