// Generated from the schema beside it by `npm run generate`.
// @ts-nocheck
export type ProjectFile = {
"$schema"?: string;
/** Folder name of the main checkout and prefix of its numbered copies. */
"project": string;
"services": Record<string, {
/** Base port: the port in the main checkout. */
"port": number;
/** Port that it listens on inside a container; the only exposed one if absent. */
"containerPort"?: number;
/** `http` (the default) is reached through the proxy; `tcp` is not. */
"kind"?: "http" | "tcp";
/** Variables that are set to the port. */
"env"?: (string)[];
/** Path that answers 2xx when the service is healthy. */
"health"?: string;
/** The bare name of a workstream (`project-3.localhost`) leads to this service. */
"default"?: boolean;
/** What the service speaks, if not HTTP/1.1 in clear text: `h2c` is for gRPC servers. */
"protocol"?: "h2c" | "https";
/** Names below the service's hostnames lead to it as well. */
"subdomains"?: boolean;
}>;
/** Variables of every copy. Placeholders such as {api.port} and {database} are filled in; {{word}} gives {word}. */
"env"?: Record<string, string>;
"resolver"?: {
/** A command of the project that prints the environment. Runs only under trusted roots. */
"command": (string)[];
/** Seconds; 10 if absent. */
"timeout"?: number;
};
};
"use strict";
export const validate: (data: unknown) => boolean = validate10;

const schema11 = {"type":"object","required":["project","services"],"properties":{"$schema":{"type":"string"},"project":{"type":"string","pattern":"^[^/\\\\\\u0000-\\u001f]{1,100}$","description":"Folder name of the main checkout and prefix of its numbered copies."},"services":{"type":"object","patternProperties":{"^[A-Za-z][A-Za-z0-9_-]{0,39}$":{"type":"object","required":["port"],"properties":{"port":{"type":"integer","minimum":1,"maximum":65535,"description":"Base port: the port in the main checkout."},"containerPort":{"type":"integer","minimum":1,"maximum":65535,"description":"Port that it listens on inside a container; the only exposed one if absent."},"kind":{"enum":["http","tcp"],"description":"`http` (the default) is reached through the proxy; `tcp` is not."},"env":{"type":"array","items":{"type":"string","pattern":"^[A-Za-z_][A-Za-z0-9_]*$"},"description":"Variables that are set to the port."},"health":{"type":"string","pattern":"^/[!-~]*$","description":"Path that answers 2xx when the service is healthy."},"default":{"type":"boolean","description":"The bare name of a workstream (`project-3.localhost`) leads to this service."},"protocol":{"enum":["h2c","https"],"description":"What the service speaks, if not HTTP/1.1 in clear text: `h2c` is for gRPC servers."},"subdomains":{"type":"boolean","description":"Names below the service's hostnames lead to it as well."}},"additionalProperties":false}},"additionalProperties":false},"env":{"type":"object","patternProperties":{"^[A-Za-z_][A-Za-z0-9_]*$":{"type":"string","pattern":"^[^\\u0000]*$"}},"additionalProperties":false,"description":"Variables of every copy. Placeholders such as {api.port} and {database} are filled in; {{word}} gives {word}."},"resolver":{"type":"object","required":["command"],"properties":{"command":{"type":"array","items":{"type":"string","pattern":"^[^\\u0000]+$"},"minItems":1,"description":"A command of the project that prints the environment. Runs only under trusted roots."},"timeout":{"type":"number","exclusiveMinimum":0,"maximum":60,"description":"Seconds; 10 if absent."}},"additionalProperties":false}},"title":"sidings.json","additionalProperties":false};
const pattern0 = new RegExp("^[^/\\\\\\u0000-\\u001f]{1,100}$", "u");
const pattern1 = new RegExp("^[A-Za-z][A-Za-z0-9_-]{0,39}$", "u");
const pattern3 = new RegExp("^[A-Za-z_][A-Za-z0-9_]*$", "u");
const pattern4 = new RegExp("^/[!-~]*$", "u");
const pattern7 = new RegExp("^[^\\u0000]*$", "u");
const pattern8 = new RegExp("^[^\\u0000]+$", "u");

function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.project === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "project"},message:"must have required property '"+"project"+"'"};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(data.services === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "services"},message:"must have required property '"+"services"+"'"};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
if(!(((((key0 === "$schema") || (key0 === "project")) || (key0 === "services")) || (key0 === "env")) || (key0 === "resolver"))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.$schema !== undefined){
if(typeof data.$schema !== "string"){
const err3 = {instancePath:instancePath+"/$schema",schemaPath:"#/properties/%24schema/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.project !== undefined){
let data1 = data.project;
if(typeof data1 === "string"){
if(!pattern0.test(data1)){
const err4 = {instancePath:instancePath+"/project",schemaPath:"#/properties/project/pattern",keyword:"pattern",params:{pattern: "^[^/\\\\\\u0000-\\u001f]{1,100}$"},message:"must match pattern \""+"^[^/\\\\\\u0000-\\u001f]{1,100}$"+"\""};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
else {
const err5 = {instancePath:instancePath+"/project",schemaPath:"#/properties/project/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.services !== undefined){
let data2 = data.services;
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
for(const key1 in data2){
if(!(pattern1.test(key1))){
const err6 = {instancePath:instancePath+"/services",schemaPath:"#/properties/services/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
for(const key2 in data2){
if(pattern1.test(key2)){
let data3 = data2[key2];
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
if(data3.port === undefined){
const err7 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/required",keyword:"required",params:{missingProperty: "port"},message:"must have required property '"+"port"+"'"};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
for(const key3 in data3){
if(!((((((((key3 === "port") || (key3 === "containerPort")) || (key3 === "kind")) || (key3 === "env")) || (key3 === "health")) || (key3 === "default")) || (key3 === "protocol")) || (key3 === "subdomains"))){
const err8 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data3.port !== undefined){
let data4 = data3.port;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
const err9 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/port",schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 65535 || isNaN(data4)){
const err10 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/port",schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
if(data4 < 1 || isNaN(data4)){
const err11 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/port",schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
}
if(data3.containerPort !== undefined){
let data5 = data3.containerPort;
if(!(((typeof data5 == "number") && (!(data5 % 1) && !isNaN(data5))) && (isFinite(data5)))){
const err12 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/containerPort",schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/containerPort/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 > 65535 || isNaN(data5)){
const err13 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/containerPort",schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/containerPort/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(data5 < 1 || isNaN(data5)){
const err14 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/containerPort",schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/containerPort/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
}
if(data3.kind !== undefined){
let data6 = data3.kind;
if(!((data6 === "http") || (data6 === "tcp"))){
const err15 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/kind",schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/kind/enum",keyword:"enum",params:{allowedValues: schema11.properties.services.patternProperties["^[A-Za-z][A-Za-z0-9_-]{0,39}$"].properties.kind.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data3.env !== undefined){
let data7 = data3.env;
if(Array.isArray(data7)){
const len0 = data7.length;
for(let i0=0; i0<len0; i0++){
let data8 = data7[i0];
if(typeof data8 === "string"){
if(!pattern3.test(data8)){
const err16 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/env/" + i0,schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/env/items/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z_][A-Za-z0-9_]*$"},message:"must match pattern \""+"^[A-Za-z_][A-Za-z0-9_]*$"+"\""};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
else {
const err17 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/env/" + i0,schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/env/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
}
else {
const err18 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/env",schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/env/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data3.health !== undefined){
let data9 = data3.health;
if(typeof data9 === "string"){
if(!pattern4.test(data9)){
const err19 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/health",schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/health/pattern",keyword:"pattern",params:{pattern: "^/[!-~]*$"},message:"must match pattern \""+"^/[!-~]*$"+"\""};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
else {
const err20 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/health",schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/health/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
if(data3.default !== undefined){
if(typeof data3.default !== "boolean"){
const err21 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/default",schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/default/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(data3.protocol !== undefined){
let data11 = data3.protocol;
if(!((data11 === "h2c") || (data11 === "https"))){
const err22 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/protocol",schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/protocol/enum",keyword:"enum",params:{allowedValues: schema11.properties.services.patternProperties["^[A-Za-z][A-Za-z0-9_-]{0,39}$"].properties.protocol.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
if(data3.subdomains !== undefined){
if(typeof data3.subdomains !== "boolean"){
const err23 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")+"/subdomains",schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/properties/subdomains/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
}
else {
const err24 = {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/services/patternProperties/%5E%5BA-Za-z%5D%5BA-Za-z0-9_-%5D%7B0%2C39%7D%24/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
}
}
else {
const err25 = {instancePath:instancePath+"/services",schemaPath:"#/properties/services/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
if(data.env !== undefined){
let data13 = data.env;
if(data13 && typeof data13 == "object" && !Array.isArray(data13)){
for(const key4 in data13){
if(!(pattern3.test(key4))){
const err26 = {instancePath:instancePath+"/env",schemaPath:"#/properties/env/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
for(const key5 in data13){
if(pattern3.test(key5)){
let data14 = data13[key5];
if(typeof data14 === "string"){
if(!pattern7.test(data14)){
const err27 = {instancePath:instancePath+"/env/" + key5.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/env/patternProperties/%5E%5BA-Za-z_%5D%5BA-Za-z0-9_%5D*%24/pattern",keyword:"pattern",params:{pattern: "^[^\\u0000]*$"},message:"must match pattern \""+"^[^\\u0000]*$"+"\""};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
else {
const err28 = {instancePath:instancePath+"/env/" + key5.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/env/patternProperties/%5E%5BA-Za-z_%5D%5BA-Za-z0-9_%5D*%24/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
}
}
else {
const err29 = {instancePath:instancePath+"/env",schemaPath:"#/properties/env/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
if(data.resolver !== undefined){
let data15 = data.resolver;
if(data15 && typeof data15 == "object" && !Array.isArray(data15)){
if(data15.command === undefined){
const err30 = {instancePath:instancePath+"/resolver",schemaPath:"#/properties/resolver/required",keyword:"required",params:{missingProperty: "command"},message:"must have required property '"+"command"+"'"};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
for(const key6 in data15){
if(!((key6 === "command") || (key6 === "timeout"))){
const err31 = {instancePath:instancePath+"/resolver",schemaPath:"#/properties/resolver/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
if(data15.command !== undefined){
let data16 = data15.command;
if(Array.isArray(data16)){
if(data16.length < 1){
const err32 = {instancePath:instancePath+"/resolver/command",schemaPath:"#/properties/resolver/properties/command/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items"};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
const len1 = data16.length;
for(let i1=0; i1<len1; i1++){
let data17 = data16[i1];
if(typeof data17 === "string"){
if(!pattern8.test(data17)){
const err33 = {instancePath:instancePath+"/resolver/command/" + i1,schemaPath:"#/properties/resolver/properties/command/items/pattern",keyword:"pattern",params:{pattern: "^[^\\u0000]+$"},message:"must match pattern \""+"^[^\\u0000]+$"+"\""};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
else {
const err34 = {instancePath:instancePath+"/resolver/command/" + i1,schemaPath:"#/properties/resolver/properties/command/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
}
else {
const err35 = {instancePath:instancePath+"/resolver/command",schemaPath:"#/properties/resolver/properties/command/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
if(data15.timeout !== undefined){
let data18 = data15.timeout;
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 > 60 || isNaN(data18)){
const err36 = {instancePath:instancePath+"/resolver/timeout",schemaPath:"#/properties/resolver/properties/timeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 60},message:"must be <= 60"};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
if(data18 <= 0 || isNaN(data18)){
const err37 = {instancePath:instancePath+"/resolver/timeout",schemaPath:"#/properties/resolver/properties/timeout/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0},message:"must be > 0"};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
else {
const err38 = {instancePath:instancePath+"/resolver/timeout",schemaPath:"#/properties/resolver/properties/timeout/type",keyword:"type",params:{type: "number"},message:"must be number"};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
}
else {
const err39 = {instancePath:instancePath+"/resolver",schemaPath:"#/properties/resolver/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
}
else {
const err40 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}

