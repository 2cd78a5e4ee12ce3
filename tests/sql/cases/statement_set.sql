SET 'parallelism.default' = '1';
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '3');
CREATE TABLE even (n BIGINT) WITH ('connector' = 'print', 'print-identifier' = 'even');
CREATE TABLE dropped (n BIGINT) WITH ('connector' = 'blackhole');
EXECUTE STATEMENT SET BEGIN
INSERT INTO even SELECT n FROM numbers WHERE n % 2 = 0;
INSERT INTO dropped SELECT n FROM numbers;
END;
BEGIN STATEMENT SET;
INSERT INTO even SELECT n * 10 FROM numbers WHERE n % 2 = 0;
END;
END;
