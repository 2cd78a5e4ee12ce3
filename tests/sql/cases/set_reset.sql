SET 'parallelism.default' = '3';
SET 'some.unknown.key' = 'kept';
RESET 'some.unknown.key';
SET 'parallelism.default' = 'three';
