# Reads YAML files as GitLab does (Psych, YAML 1.1) and prints what it understood, with types, one JSON value for each file.
require 'date'
require 'json'
require 'yaml'

def typed(value)
  case value
  when Hash then { m: value.map { |k, v| [typed(k), typed(v)] } }
  when Array then { s: value.map { |v| typed(v) } }
  when String then { v: ['str', value] }
  when Symbol then { v: ['symbol', value.to_s] }
  when Integer then { v: ['int', value.to_s] }
  when Float then { v: ['float', value.to_s] }
  when true, false then { v: ['bool', value.to_s] }
  when nil then { v: ['null', ''] }
  else { v: [value.class.name.downcase, value.to_s] }
  end
end

paths = JSON.parse($stdin.read)
answers = paths.map do |path|
  documents = YAML.parse_stream(File.read(path, encoding: 'UTF-8')).children.map do |document|
    typed(document.to_ruby)
  end
  { file: path, documents: documents }
rescue Psych::Exception, ArgumentError => e
  { file: path, error: e.message }
end
puts JSON.generate(answers)
